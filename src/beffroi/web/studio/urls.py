"""Addresses of the studio room."""

from django.urls import path

from . import asking, rows, views

urlpatterns = [
    path("", views.boards, name="boards"),
    path("nouvelle/", asking.new_analysis, name="new-analysis"),
    path("tableaux/<slug:board>/", views.board, name="board"),
    path("tableaux/<slug:board>/export.<slug:form>", views.board_export, name="board-export"),
    path("tableaux/<slug:board>/supprimer/", views.board_remove, name="board-remove"),
    path("tableaux/<slug:board>/<int:rank>.json", views.board_figure, name="board-figure"),
    path("tableaux/<slug:board>/<int:rank>/retirer/", views.board_figure_remove, name="board-figure-remove"),
    path("recettes/<slug:recipe>/", views.recipe, name="recipe"),
    path("recettes/<slug:recipe>/figure.json", views.recipe_figure, name="recipe-figure"),
    path("recettes/<slug:recipe>/export.<slug:form>", views.recipe_export, name="recipe-export"),
    path("recettes/<slug:recipe>/lignes/", rows.recipe_rows, name="recipe-rows"),
]
